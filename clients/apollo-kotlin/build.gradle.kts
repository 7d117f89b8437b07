// The part of an Android app's build that makes its client (Apollo Kotlin 5). The schema is that of the last release.
plugins {
    id("com.apollographql.apollo") version "5.1.0"
}

apollo {
    service("purser") {
        packageName.set("org.purser.api")
        schemaFile.set(file("../../graph/released.graphqls"))
        srcDir("../operations")
        // Amounts are decimal strings: never a Double.
        mapScalarToKotlinString("Decimal")
        mapScalarToKotlinString("DateTime")
        mapScalarToKotlinString("Date")
        mapScalarToKotlinString("UUID")
        mapScalarToKotlinString("PhoneNumber")
        mapScalarToKotlinString("EmailAddress")
        mapScalarToKotlinString("WMID")
        mapScalarToKotlinString("WalletNumber")
        mapScalarToKotlinString("CurrencyLetter")
        // A value that a newer server adds arrives as UNKNOWN__.
        sealedClassesForEnumsMatching.set(listOf(".*"))
        operationManifestFormat.set("persistedQueryManifest")
    }
}
